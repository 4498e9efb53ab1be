import { describe, expect, it } from 'vitest';

import { isCI, neutraliseCommands } from '../../src/ui/ci.ts';

describe('isCI', () => {
  it.each(['CI', 'GITHUB_ACTIONS', 'GITLAB_CI', 'TF_BUILD', 'TEAMCITY_VERSION'])('knows %s', (name) => {
    expect(isCI({ [name]: 'true' })).toBe(true);
  });

  it.each([{}, { CI: '' }, { CI: 'false' }, { CI: '0' }])('is not fooled by %j', (env) => {
    expect(isCI(env)).toBe(false);
  });
});

describe('neutraliseCommands', () => {
  it.each([
    ['::set-output name=a::b', ': :set-output name=a::b'],
    ['  ::add-mask::x', '  : :add-mask::x'],
    ['text ##[group]', 'text # #[group]'],
    ['###[group]', '# # #[group]'],
    ['a ##vso[task.setvariable variable=x]y', 'a # #vso[task.setvariable variable=x]y'],
    ['##VSO[task.complete]', '# #VSO[task.complete]'],
    ["##teamcity[buildStop comment='x']", "# #teamcity[buildStop comment='x']"],
    ['section_start:1560896352:x', 'section_start :1560896352:x'],
    ['x_section_end:1560896352:x', 'x_section_end :1560896352:x'],
  ])('breaks %j', (line, expected) => {
    expect(neutraliseCommands(line)).toBe(expected);
  });

  it.each(['a::b', 'std::vector', '## heading', 'section_start', 'issue #1 [x]'])(
    'leaves %j alone',
    (line) => {
      expect(neutraliseCommands(line)).toBe(line);
    },
  );
});
