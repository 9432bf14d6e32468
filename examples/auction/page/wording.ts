// What the page says of errors. A new error of the contract is a compile error here.
import type { BidResult, CloseResult, OfferResult, WatchResult } from "./contract/index.js";
import { money } from "./view.js";

type Failure<Outcome> = Extract<Outcome, { ok: false }> extends { error: infer E } ? E : never;
type AnyError = Failure<BidResult | CloseResult | OfferResult | WatchResult>;

export function explain(error: AnyError): string {
  switch (error.code) {
    case "not_logged_in":
      return "Log in first.";
    case "not_seller":
      return "Only sellers may do this.";
    case "no_such_lot":
      return "This lot doesn't exist.";
    case "not_yours":
      return "Somebody else sells this.";
    case "own_lot":
      return "Nobody bids for a lot of their own.";
    case "ended":
      return "The auction has ended.";
    case "too_low":
      return `The next bid must be ${money(error.data.least)} or more.`;
    case "unknown":
      return error.receivedCode === "rate_limited" ? "Not so fast." : error.message;
    default:
      return error satisfies never;
  }
}

export const reason = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
