import type { Contract } from "../contract/contract.js";
import type { Event } from "../contract/ir.js";
import { h } from "../dom/element.js";
import type { FormContext } from "../forms/editor.js";
import type { Value } from "../values/json.js";
import { answerForm } from "./answer_form.js";
import { summary } from "./value_view.js";

/** Questions that are kept; the oldest go first. */
const MOST_QUESTIONS = 20;

/** The events of the server that wait for an answer, above the log, so that other events don't carry them away. */
export class Questions {
  readonly element = h("section", { class: "questions", "aria-label": "Questions of the server", hidden: true });

  ask(contract: Contract, context: FormContext, event: Event, args: readonly Value[], answer: (values: readonly Value[]) => void): void {
    const title = h("p", { class: "answer-title" }, h("span", { class: "entry-title" }, event.name), " waits for an answer");
    const form = answerForm(contract, context, event, (values) => {
      question.remove();
      this.#show();
      answer(values);
    });
    const question = h("div", { class: "answer" }, title, args.length ? h("p", { class: "hint" }, summary(args)) : null, form);
    this.element.append(question);
    if (this.element.childElementCount > MOST_QUESTIONS) this.element.firstElementChild?.remove();
    this.#show();
  }

  /** Forget the questions of a connection that has ended: an answer would reach another one. */
  discard(): void {
    this.element.replaceChildren();
    this.#show();
  }

  #show(): void {
    this.element.hidden = !this.element.childElementCount;
  }
}
