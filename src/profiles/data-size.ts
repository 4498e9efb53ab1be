/** More values than this are no request, and no text; an expression can name one value many times over. */
const MOST_VALUES = 100_000;

/** Throws RangeError for data that would be longer than anybody sends once it is written out. */
export function refuseLarge(data: unknown): void {
  let left = MOST_VALUES;
  const visit = (value: unknown): void => {
    left -= 1;
    if (left < 0) throw new RangeError(`more than ${MOST_VALUES} values`);
    if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(data);
}
