// What the page says of errors.
import type { ChatRefusal, NotInRoom, TooManyRooms, UnknownError } from "./contract/index.js";

export const ROOM_NAMES = "Use only a–z, 0–9 and “-”, up to 32 of them.";

/** Say what the server has answered in place of what was asked for. */
export function explain(error: ChatRefusal | NotInRoom | TooManyRooms | UnknownError): string {
  switch (error.code) {
    case "name_taken":
      return `Somebody is here as “${error.data.name}”. Take another name.`;
    case "not_in_room":
      return `You are not in #${error.data.room} any more. Join it first.`;
    case "too_many_rooms":
      return `You can be in ${error.data.limit} rooms at a time. Leave one first.`;
    case "unknown":
      return explainUnknown(error);
    default:
      return error satisfies never;
  }
}

/** Say why a request got no answer. */
export function explainFailure(failure: unknown): string {
  if (failure instanceof Error && failure.name === "DisconnectedError")
    return "The connection was lost before the server answered.";
  return "The server did not answer. Check the connection and try again.";
}

function explainUnknown({ receivedCode, message, issues = [] }: UnknownError): string {
  if (receivedCode === "internal") return "The server failed to do this. It is not your fault.";
  const said = issues.map(({ loc, msg }) => `${loc.at(-1) ?? "value"}: ${msg}.`);
  return said.join(" ") || message || receivedCode;
}
