// Who uses the page; a reload keeps it.

export interface Login {
  readonly user: string;
  readonly sells: boolean;
  readonly token: string;
}

const kept = sessionStorage.getItem("login");
let current: Login | undefined = kept ? (JSON.parse(kept) as Login) : undefined;

export const login = (): Login | undefined => current;

export function forget(): void {
  current = undefined;
  sessionStorage.removeItem("login");
}

/** Ask the server for a token. */
export async function logIn(user: string, sells: boolean): Promise<void> {
  const answer = await fetch("login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, sells }),
  });
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  current = { user, sells, token: (await answer.json()) as string };
  sessionStorage.setItem("login", JSON.stringify(current));
}
