import { describe, expect, it } from 'vitest';

import { proxyFor, type Env } from '../../../src/api/transport/proxy.ts';
import { ConfigError } from '../../../src/errors.ts';

const HTTP = 'http://api.example/';
const HTTPS = 'https://api.example/';

/** The origin of the proxy for `url`, and the variable that named it. */
function chosen(url: string, env: Env): string | undefined {
  const proxy = proxyFor(new URL(url), env);
  return proxy === undefined ? undefined : `${proxy.origin} ${proxy.variable}`;
}

describe('the proxy', () => {
  it.each<[string, Env, string | undefined]>([
    [HTTPS, {}, undefined],
    [HTTPS, { HTTPS_PROXY: 'http://a:1' }, 'http://a:1 HTTPS_PROXY'],
    [HTTPS, { https_proxy: 'http://a:1' }, 'http://a:1 https_proxy'],
    [HTTPS, { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'http://a:1 https_proxy'],
    [HTTPS, { https_proxy: '', HTTPS_PROXY: 'http://b:1' }, 'http://b:1 HTTPS_PROXY'],
    [HTTPS, { HTTPS_PROXY: ' ' }, undefined],
    [HTTPS, { HTTP_PROXY: 'http://a:1' }, undefined],
    [HTTPS, { HTTPS_PROXY: 'http://a:1', REQUEST_METHOD: 'GET' }, 'http://a:1 HTTPS_PROXY'],
    [HTTPS, { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'api.example' }, undefined],
    [HTTPS, { HTTPS_PROXY: 'http://a:1', no_proxy: 'api.example', NO_PROXY: 'x' }, undefined],
    [HTTPS, { HTTPS_PROXY: 'http://a:1', no_proxy: 'x', NO_PROXY: '*' }, 'http://a:1 HTTPS_PROXY'],
    ['https://127.0.0.1/', { HTTPS_PROXY: 'http://a:1' }, undefined],
    [HTTP, { HTTPS_PROXY: 'http://a:1' }, undefined],
    [HTTP, { HTTP_PROXY: 'http://a:1' }, 'http://a:1 HTTP_PROXY'],
    [HTTP, { http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:1' }, 'http://a:1 http_proxy'],
    [HTTP, { HTTP_PROXY: 'http://a:1', REQUEST_METHOD: 'GET' }, undefined],
    [HTTP, { http_proxy: 'http://a:1', REQUEST_METHOD: 'GET' }, 'http://a:1 http_proxy'],
    [HTTPS, { HTTPS_PROXY: 'a:3128' }, 'http://a:3128 HTTPS_PROXY'],
    [HTTPS, { HTTPS_PROXY: 'a' }, 'http://a HTTPS_PROXY'],
    [HTTPS, { HTTPS_PROXY: 'HTTPS://a/' }, 'https://a HTTPS_PROXY'],
    [HTTPS, { HTTPS_PROXY: 'http://[::1]:3128' }, 'http://[::1]:3128 HTTPS_PROXY'],
    [HTTPS, { HTTPS_PROXY: 'socksproxy:3128' }, 'http://socksproxy:3128 HTTPS_PROXY'],
  ])('of %s with %j is %s', (url, env, expected) => {
    expect(chosen(url, env)).toBe(expected);
  });

  it.each([
    ['http://user:pass@a:1', 'pass', 'user:pass'],
    ['user:pass@a:1', 'pass', 'user:pass'],
    ['http://user:p%40s%3As@a:1', 'p@s:s', 'user:p@s:s'],
    ['http://user:p@ss@a:1', 'p@ss', 'user:p@ss'],
    ['http://user:100%@a:1', '100%', 'user:100%'],
    ['http://token@a:1', 'token', 'token:'],
    ['http://:pass@a:1', 'pass', ':pass'],
    ['http://us%C3%A9r:p%C3%A4ss@a:1', 'päss', 'usér:päss'],
  ])('in %s has credentials that do not print', (value, secret, basic) => {
    const proxy = proxyFor(new URL(HTTPS), { HTTPS_PROXY: value });
    expect(proxy?.origin).toBe('http://a:1');
    expect(JSON.stringify(proxy)).not.toContain(secret);
    expect(proxy?.credentials?.secret.reveal()).toBe(secret);
    const expected = `Basic ${Buffer.from(basic).toString('base64')}`;
    expect(proxy?.credentials?.authorization.reveal()).toBe(expected);
  });

  it.each([
    'http://',
    'http://a:port',
    'http://user:hunter2/3@a:3128',
    'http://user:12/hunter2@a:3128',
    'http://user:12?hunter2@a:3128',
    'http://user:12#hunter2@a:3128',
    'ftp://user:hunter2@a:1',
    'hunter2://a:1',
    'http://a b',
    'file:///hunter2',
  ])('cannot be %s, which is not repeated', (value) => {
    const choosing = (): unknown => proxyFor(new URL(HTTPS), { HTTPS_PROXY: value });
    expect(choosing).toThrow(ConfigError);
    expect(choosing).toThrow(/^HTTPS_PROXY is not the URL of a proxy$/);
  });

  it.each(['socks5://a:1080', 'socks5h://user:hunter2@a:1080', 'socks4://a', 'SOCKS://a'])(
    'cannot be %s',
    (value) => {
      const choosing = (): unknown => proxyFor(new URL(HTTP), { http_proxy: value });
      expect(choosing).toThrow(/^http_proxy names a SOCKS proxy, which exportpoll cannot use$/);
    },
  );

  it('that is malformed is nothing to a host that needs none', () => {
    expect(chosen(HTTP, { HTTPS_PROXY: 'http://' })).toBeUndefined();
    expect(chosen(HTTPS, { HTTPS_PROXY: 'http://', NO_PROXY: '.example' })).toBeUndefined();
  });
});
