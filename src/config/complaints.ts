/** More than anybody reads at once; a file that was found may have tens of thousands. */
const MOST_LISTED = 20;

/** A sentence for each of the first items, and how many more there are. */
export function complaints<Item>(items: readonly Item[], describe: (item: Item) => string): string[] {
  const more = items.length - MOST_LISTED;
  return [
    ...items.slice(0, MOST_LISTED).map(describe),
    ...(more > 0 ? [`and ${more} more of this kind`] : []),
  ];
}
