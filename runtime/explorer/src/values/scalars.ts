// The text forms of scalars on the wire, with an example of each (docs/wire.md).

import type { ScalarName } from "../contract/ir.js";

interface ScalarForm {
  /** What is wrong with a value of another form, as in "expected …". */
  readonly expected: string;
  readonly example: string | number | boolean;
  readonly pattern?: RegExp;
}

const ISO_DATE = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const ISO_TIME = String.raw`([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?`;

export const SCALARS: { readonly [name in Exclude<ScalarName, "bytes" | "json" | "json_object">]: ScalarForm } = {
  str: { expected: "a text", example: "text" },
  int: { expected: "a whole number", example: 1 },
  int64: { expected: "a whole number, as text", example: "9007199254740993", pattern: /^-?\d{1,19}$/ },
  float: { expected: "a number", example: 0.5 },
  bool: { expected: "true or false", example: true },
  datetime: { expected: "a date and time with an offset, as 2026-03-01T12:00:00Z", example: "2026-03-01T12:00:00Z", pattern: new RegExp(`^${ISO_DATE}[Tt ]${ISO_TIME}([Zz]|[+-]\\d{2}:?\\d{2})$`) },
  date: { expected: "a date, as 2026-03-01", example: "2026-03-01", pattern: new RegExp(`^${ISO_DATE}$`) },
  time: { expected: "a time, as 12:30:00", example: "12:30:00", pattern: new RegExp(`^${ISO_TIME}([Zz]|[+-]\\d{2}:?\\d{2})?$`) },
  duration: { expected: "a duration, as PT1H30M", example: "PT1H30M", pattern: /^[+-]?P(?=.)(\d+([.,]\d+)?Y)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?W)?(\d+([.,]\d+)?D)?(T(?=.)(\d+([.,]\d+)?H)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?S)?)?$/ },
  uuid: { expected: "a UUID", example: "12345678-1234-5678-1234-567812345678", pattern: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i },
  decimal: { expected: "a decimal number, as text", example: "1.50", pattern: /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i },
  url: { expected: "a URL, as https://example.com/", example: "https://example.com/", pattern: /^[a-z][a-z0-9+.-]*:.+/i },
  email: { expected: "an e-mail address", example: "ada@example.org", pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/ },
  ip: { expected: "an IP address", example: "192.0.2.1", pattern: /^((\d{1,3}\.){3}\d{1,3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i },
};
