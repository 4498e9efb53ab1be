import { expect, test } from 'vitest';

import { commandText, splitWords } from '../../src/config/words.ts';

test.each([
  ['notify-send exported', ['notify-send', 'exported']],
  [`sh -c "it's done; exit"`, ['sh', '-c', "it's done; exit"]],
  [String.raw`say 'a "b' it\'s`, ['say', 'a "b', "it's"]],
  ['gzip *.csv', ['gzip', '*.csv']],
])('%s is split as a shell splits it', (command, words) => {
  expect(splitWords(command)).toEqual(words);
});

test.each([
  [`notify "done`, 'quote that is not closed'],
  [`notify it's`, 'quote that is not closed'],
  ['a | b', '"|"'],
  ['a && b', '"&&"'],
  ['a > b', '">"'],
  ['a # b', '"#"'],
  ['   ', 'must name a program'],
  [`""`, 'must name a program'],
])('%s is refused', (command, message) => {
  expect(() => commandText(command)).toThrow(RangeError);
  expect(() => commandText(command)).toThrow(message);
});
