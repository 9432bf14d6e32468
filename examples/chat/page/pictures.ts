// Pictures that fit into one message: the server takes at most a megabyte.

const KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const ENOUGH = 700_000;
const LONGEST_SIDE = 1600;

/** Turn a file into what the contract calls ImageBody, without caption; big pictures are made smaller. */
export async function read(file) {
  if (!file.type.startsWith("image/")) throw new Error("Only pictures can be sent.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("This picture can't be read.");
  });
  if (KINDS.includes(file.type) && file.size <= ENOUGH) {
    return { kind: "image", mime: file.type, data: await file.arrayBuffer() };
  }
  for (const side of [LONGEST_SIDE, LONGEST_SIDE / 2]) {
    const blob = await shrink(bitmap, side);
    if (blob.size <= ENOUGH) return { kind: "image", mime: "image/jpeg", data: await blob.arrayBuffer() };
  }
  throw new Error("This picture is too large.");
}

function shrink(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
}
