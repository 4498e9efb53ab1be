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

/**
 * The names that a parsed expression looks up in what it is evaluated over, rather than in an element of it: `body` and
 * `vars` of `body.files[?id == $n].url || vars.url`.
 */
export function rootsIn(tree: unknown): string[] {
  return rootsFrom(tree, true);
}

/** @param atRoot whether `tree` is evaluated over the whole, and not over something in it */
function rootsFrom(tree: unknown, atRoot: boolean): string[] {
  if (!isNode(tree)) return membersOf(tree).flatMap((member) => rootsFrom(member, atRoot));
  if (tree.type === 'Field') return atRoot && typeof tree.name === 'string' ? [tree.name] : [];
  // What they name is looked up in each element later.
  if (tree.type === 'ExpressionReference')
    return membersOf(tree).flatMap((member) => rootsFrom(member, false));
  if (!isStep(tree)) return membersOf(tree).flatMap((member) => rootsFrom(member, atRoot));
  const { left, ...then } = tree;
  return [...rootsFrom(left, atRoot), ...rootsFrom(Object.values(then), isWhole(left, atRoot, tree.type))];
}

/** A node whose other members are evaluated over what its left one picks, or over the elements of that. */
function isStep(node: Node): node is Node & { readonly left: unknown } {
  return /^(Subexpression|IndexExpression|Pipe)$|Projection$/.test(node.type) && 'left' in node;
}

/** True when `left`, which a step begins with, picks everything: `$` always does, `@` where it stands for the root. */
function isWhole(left: unknown, atRoot: boolean, step: string): boolean {
  if (!isNode(left) || step.endsWith('Projection')) return false;
  return left.type === 'Root' || (atRoot && left.type === 'Current');
}
