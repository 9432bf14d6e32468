import type { Contract } from "../contract/contract.js";
import { formatJson } from "../values/json.js";
import { example } from "../contract/example.js";
import { BoolEditor, ChoiceEditor, OpenEnumEditor } from "./choice_editor.js";
import { BytesEditor } from "./bytes_editor.js";
import type { Editor, FormContext, MakeEditor } from "./editor.js";
import { FieldsEditor, ListEditor, MapEditor, TupleEditor } from "./group_editors.js";
import { JsonEditor, TextEditor } from "./text_editor.js";
import { NullableEditor, TaggedEditor, UnionEditor } from "./union_editors.js";

/** How the forms of a contract make the editor of each type. */
export function formContext(contract: Contract): FormContext {
  const make: MakeEditor = (type, labels): Editor => {
    const found = contract.resolve(type);
    switch (found.kind) {
      case "scalar":
        if (found.name === "bool") return new BoolEditor(labels);
        if (found.name === "bytes") return new BytesEditor(labels);
        return found.name === "json" || found.name === "json_object" ? new JsonEditor(labels) : new TextEditor(context, found, labels);
      case "list":
        return new ListEditor(context, found, labels);
      case "map":
        return new MapEditor(context, found, labels);
      case "tuple":
        return new TupleEditor(context, found, labels);
      case "literal":
        return new ChoiceEditor(found.values, labels);
      case "enum": {
        const values = found.members.map((member) => member.value);
        return found.open ? new OpenEnumEditor(values, labels) : new ChoiceEditor(values, labels);
      }
      case "record":
        return new FieldsEditor(context, found.fields ?? [], labels, contract.tagOf(found));
      case "tagged_union":
        return new TaggedEditor(context, found, labels);
      case "union":
        return new UnionEditor(context, found.members, labels);
      case "nullable":
        return new NullableEditor(context, found.item, labels);
      case "python":
        return new JsonEditor(labels, formatJson(example(contract, type, labels.hint)));
    }
  };
  const context: FormContext = { contract, make };
  return context;
}
