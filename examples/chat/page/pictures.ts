// Pictures that fit into one message.
import type { ImageBody } from "./contract/index.js";
import * as limits from "./contract/limits.js";

const KINDS: readonly ImageBody["mime"][] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/** A smaller size than the contract allows: pictures above it are made smaller. */
const ENOUGH = Math.min(700_000, limits.ImageBody.data.maxLength);
const LONGEST_SIDE = 1600;

/** Turn a file into a picture without caption; big pictures are made smaller. */
export async function readPicture(file: File): Promise<ImageBody> {
  if (!file.type.startsWith("image/")) throw new Error("Only pictures can be sent.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This picture can't be read.");
  });
  const mime = KINDS.find((kind) => kind === file.type);
  if (mime && file.size <= ENOUGH) return { kind: "image", mime, data: await bytes(file) };
  for (const side of [LONGEST_SIDE, LONGEST_SIDE / 2]) {
    const blob = await shrink(bitmap, side);
    if (blob && blob.size <= ENOUGH)
      return { kind: "image", mime: "image/jpeg", data: await bytes(blob) };
  }
  throw new Error("This picture is too large.");
}

const bytes = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

function shrink(bitmap: ImageBitmap, side: number): Promise<Blob | null> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}
