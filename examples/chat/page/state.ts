// What the page knows: who this user is, the rooms, and what was said there.
import type { Body, ChatClient, Message, RoomName, UserName } from "./contract/index.js";

/** A message, or one that is on its way: without `id` until the server has taken it. */
export interface Said {
  readonly room: RoomName;
  readonly author: UserName;
  readonly body: Body;
  id?: Message["id"];
  sent_at?: Message["sent_at"];
  /** Why the server has not taken it. */
  failure?: string;
  /** The picture's object URL. */
  url?: string;
}

/** A line of a conversation: a message, or that somebody came or went. */
export type Entry = Said | { readonly notice: string };

export interface Room {
  members: Set<UserName>;
  entries: Entry[];
  unread: number;
  /** Who is writing, with the timer that ends it. */
  readonly typing: Map<UserName, number>;
  draft: string;
}

export const isSaid = (entry: Entry | undefined): entry is Said =>
  entry !== undefined && "body" in entry;

export const state = {
  chat: undefined as ChatClient | undefined,
  me: undefined as UserName | undefined,
  current: undefined as RoomName | undefined,
  /** Rooms in which somebody is: name -> number of people. */
  everywhere: {} as { readonly [room: string]: number },
};

/** The rooms that this user is in. */
export const rooms = new Map<RoomName, Room>();

export const currentRoom = (): Room | undefined => state.current && rooms.get(state.current);

/** What was on the screen, and what the server still knows: it forgets when it is restarted. */
export function merged(known: readonly Entry[], history: readonly Message[]): Entry[] {
  const key = ({ id, sent_at }: Said): string => `${id} ${sent_at}`;
  const here = new Set(known.filter(isSaid).map(key));
  return [
    ...known,
    ...history.filter((message) => !here.has(key(message))).map((message) => ({ ...message })),
  ];
}
