// The code that the explorer copies for each event of contracts: bundled, then `node explorer_code.js OUT CONTRACT…`.
// Writes OUT/NAME_N.py and OUT/NAME_N.ts, where NAME is the folder of the contract; prints the examples that aren't as declared.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { namesOf, positional } from "../../runtime/explorer/src/console/reply.js";
import { Contract } from "../../runtime/explorer/src/contract/contract.js";
import { example, fieldExamples } from "../../runtime/explorer/src/contract/example.js";
import { namespacePath } from "../../runtime/explorer/src/contract/path.js";
import { pythonSnippet } from "../../runtime/explorer/src/snippets/python.js";
import { typeScriptSnippet } from "../../runtime/explorer/src/snippets/typescript.js";
import { Checker } from "../../runtime/explorer/src/values/check.js";

const [out = "", ...files] = process.argv.slice(2);
const problems: unknown[] = [];
for (const file of files) {
  const name = basename(dirname(file));
  const contract = new Contract({ ...JSON.parse(readFileSync(file, "utf-8")), package: `packages.${name}` });
  const events = contract.namespaces.flatMap((namespace) => (namespace.client_to_server ?? []).map((event) => ({ namespace, event })));
  events.forEach(({ namespace, event }, index) => {
    const args = fieldExamples(contract, event.args ?? []);
    const params = fieldExamples(contract, namespace.params ?? []);
    const checker = new Checker(contract);
    checker.fields(event.args ?? [], args);
    if (checker.issues.length) problems.push([name, event.name, namesOf(event.args), checker.issues]);
    const auth = namespace.auth ? example(contract, namespace.auth) : undefined;
    const call = { contract, namespace, event, target: { url: "http://127.0.0.1:1", path: "/socket.io/" }, path: namespacePath(namespace, params), params, auth, args, values: positional(event.args ?? [], args) };
    writeFileSync(join(out, `${name}_${index}.py`), pythonSnippet(call));
    writeFileSync(join(out, `${name}_${index}.ts`), typeScriptSnippet(call).replace(`./${contract.name}/`, `./typescript/${name}/`));
  });
}
console.log(JSON.stringify({ problems }));
