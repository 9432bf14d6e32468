// Bytes as people see and write them.

const UNITS = ["bytes", "KB", "MB"] as const;

export function sizeText(size: number): string {
  let unit = 0;
  let value = size;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return unit ? `${value.toFixed(1)} ${UNITS[unit]}` : `${size} ${size === 1 ? "byte" : "bytes"}`;
}

export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** Read hexadecimal digits, with or without spaces; null if there is anything else. */
export function fromHex(text: string): Uint8Array | null {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 2 || !/^[0-9a-f]*$/i.test(digits)) return null;
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

const PICTURES: readonly (readonly [string, RegExp])[] = [
  ["image/png", /^89 50 4e 47 0d 0a 1a 0a/],
  ["image/jpeg", /^ff d8 ff/],
  ["image/gif", /^47 49 46 38/],
  ["image/webp", /^52 49 46 46 (.. ){4}57 45 42 50/],
];

/** The media type of a picture that browsers show, told by its first bytes. SVG isn't among them: it is a document. */
export function pictureType(bytes: Uint8Array): string | null {
  const start = toHex(bytes.subarray(0, 12));
  return PICTURES.find(([, pattern]) => pattern.test(start))?.[0] ?? null;
}
