/** A step of the story as far as it has come. */
export interface Progress {
  readonly id: string;
  readonly title: string;
  readonly state: "pending" | "playing" | "seen" | "missed";
  /** What was seen, or what was not. */
  readonly detail: string;
  /** How long it took; 0 until it is over. */
  readonly seconds: number;
}
