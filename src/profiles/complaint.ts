/** What is wrong with one place of a profile in the light of the others. */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}
