/** More than anybody reads at once; a file that was found may have tens of thousands. */
const MOST_LISTED = 20;

/** A sentence for each of the first items; the last one is followed by a line that says how many more there are. */
export function complaints<Item>(items: readonly Item[], describe: (item: Item) => string): string[] {
  const more = items.length - MOST_LISTED;
  const told = items.slice(0, MOST_LISTED).map(describe);
  return more > 0 ? [...told.slice(0, -1), `${told.at(-1)}\nand ${more} more of this kind`] : told;
}
