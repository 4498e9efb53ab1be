import type { Line } from './view.ts';

/** The part of the terminal that is drawn over and over. It asks for its lines whenever it draws. */
export interface Live {
  start(): void;
  /** Clears what was drawn. */
  stop(): void;
}

export interface LiveWorld {
  /** The lines as they are now. */
  readonly lines: () => readonly Line[];
  readonly now: () => number;
  readonly clean: (text: string) => string;
}
