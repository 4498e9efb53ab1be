/** A node of a parsed expression, as far as it matters here: its kind, and for a call the function's name. */
interface Node {
  readonly type: string;
  readonly name?: unknown;
}

/** The functions that are called anywhere in a parsed expression. */
export function functionsIn(tree: unknown): string[] {
  return nodesIn(tree).flatMap(({ type, name }) =>
    type === 'Function' && typeof name === 'string' ? [name] : [],
  );
}

/**
 * True when the expression takes time in proportion to the data alone. Something that goes through a list for each
 * element of a list does not, nor do variables and joined lists, nor several selections, which may double what there is
 * at every step.
 */
export function isLinear(tree: unknown): boolean {
  const types = nodesIn(tree).map(({ type }) => type);
  const selections = types.filter((type) => type.startsWith('MultiSelect'));
  return deepest(tree) <= 1 && selections.length <= 1 && !types.some((type) => DOUBLING.has(type));
}

const DOUBLING: ReadonlySet<string> = new Set(['Flatten', 'LetExpression']);

/** How many nodes that go through a list lie inside each other. */
function deepest(tree: unknown): number {
  const inner = Math.max(0, ...membersOf(tree).map(deepest));
  return inner + (isNode(tree) && /Projection$|^Function$/.test(tree.type) ? 1 : 0);
}

function nodesIn(tree: unknown): Node[] {
  return [...(isNode(tree) ? [tree] : []), ...membersOf(tree).flatMap(nodesIn)];
}

function membersOf(tree: unknown): unknown[] {
  return typeof tree === 'object' && tree !== null ? Object.values(tree) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
