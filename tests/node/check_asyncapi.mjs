// Parses AsyncAPI documents with the official parser; prints the problems and operations of each.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const WARNING = 1;
const parser = new Parser();
const found = [];
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(readFileSync(file, "utf-8"));
  const problems = diagnostics.filter((each) => each.severity <= WARNING);
  found.push({
    problems: problems.map((each) => `${each.path.join(".")}: ${each.message}`),
    operations: document?.operations().all().length ?? 0,
  });
}
console.log(JSON.stringify(found));
