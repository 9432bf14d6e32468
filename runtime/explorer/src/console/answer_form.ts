import type { Contract } from "../contract/contract.js";
import type { Event } from "../contract/ir.js";
import { button, h, select } from "../dom/element.js";
import type { FormContext } from "../forms/editor.js";
import { Form } from "../forms/form.js";
import type { Value } from "../values/json.js";
import { ackFields, positional } from "./reply.js";

/** A form that answers an event of the server: with a value, or with one of the event's errors. */
export function answerForm(contract: Contract, context: FormContext, event: Event, answer: (values: readonly Value[]) => void): HTMLElement {
  const errors = contract.errorsOf(event.errors);
  const fields = ackFields(event);
  const forms = [new Form(context, fields, "Answer"), ...errors.map((error) => new Form(context, error.fields ?? [], error.name))];
  const show = (index: number): void => forms.forEach((form, each) => (form.element.hidden = each !== index));
  const choice = errors.length ? select(["Success", ...errors.map((error) => error.code)], show, { "aria-label": "Answer with" }) : null;
  const send = (): void => {
    const index = choice?.selectedIndex ?? 0;
    const values = forms[index]?.read();
    if (!values || !forms[index]?.check(values)) return;
    const error = errors[index - 1];
    answer(error ? [failure(error.code, values)] : success(event, values));
  };
  show(0);
  return h("div", { class: "answer-form" }, choice, forms.map((form) => form.element), button("Answer", send, { class: "primary" }));
}

function failure(code: string, data: { readonly [name: string]: Value }): Value {
  return { error: Object.keys(data).length ? { code, message: code, data } : { code, message: code } };
}

function success(event: Event, values: { readonly [name: string]: Value }): readonly Value[] {
  if (event.ack_args) return positional(event.ack_args, values);
  const value = event.ack ? [values["value"] ?? null] : [];
  return event.ack_style === "result" ? [{ ok: value[0] ?? null }] : value;
}
