// Names of generated code, as codegen/ackord/codegen/casing.py and the targets make them.

const PYTHON = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(" "),
);
const TYPESCRIPT = new Set(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield connect connected disconnect socket then constructor".split(" "),
);
const CLIENT = new Set(["active", "connect", "connected", "disconnect", "recovered", "server_contract", "sid", "socket", "self", "timeout"]);

export const camel = (name: string): string => name.split("_").map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");

export function lowerCamel(name: string): string {
  const whole = camel(name);
  return whole.charAt(0).toLowerCase() + whole.slice(1);
}

/** The name of a member of an enumeration. */
export function constant(text: string): string {
  const words = text.replace(/([a-z0-9])(?=[A-Z])/g, "$1_").normalize("NFKC").toUpperCase();
  const plain = words.replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/_+/g, "_").replace(/^_|_$/g, "");
  return /^\d/.test(plain) ? `N${plain}` : plain || "EMPTY";
}

export function pythonName(name: string, isMethod = false): string {
  const plain = name.replace(/^_+/, "");
  const public_ = plain === name || plain.endsWith("_") ? plain : `${plain}_`;
  return PYTHON.has(public_) || (isMethod && CLIENT.has(public_)) ? `${public_}_` : public_;
}

export function typeScriptName(identifier: string): string {
  const name = lowerCamel(identifier);
  return TYPESCRIPT.has(name) ? `${name}_` : name;
}
