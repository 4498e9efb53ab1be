import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * True for a URL that is reached without a proxy: one on this machine, or one that `noProxy`, the value of NO_PROXY,
 * names. A proxy's loopback is another machine's, so that loopback never goes there (as in Go).
 *
 * `noProxy` is a list, separated by commas or white space, in which letter case does not matter, of
 *
 * | entry | matches |
 * | --- | --- |
 * | `*` | everything |
 * | `example.com`, `.example.com`, `*.example.com` | the host and all below it (as in curl) |
 * | `10.1.2.3`, `::1`, `[::1]` | the address |
 * | `10.0.0.0/8`, `fd00::/8` | the addresses of the network |
 *
 * each but the first and the last also with a port, `example.com:8080`. Names are not looked up: an address in the
 * list says nothing about a name that resolves to it.
 */
export function bypassesProxy(url: URL, noProxy: string): boolean {
  const host = hostOf(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (host === 'localhost' || host.endsWith('.localhost') || contains(LOOPBACK, host)) return true;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, bracketed, name = entry, only] =
    // An IPv6 address without brackets has colons of its own, and no port.
    isIP(entry) === 6 ? [] : (/^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []);
  if (only !== undefined && Number(only) !== Number(port)) return false;
  const pattern = bracketed ?? name;
  const [network = '', prefix] = pattern.split('/');
  const family = isIP(network);
  if (family !== 0) return contains(listOf(network, family, prefix), host);
  // An address is no name: `1` at the end of one is not a domain that it lies in.
  if (isIP(host) !== 0) return false;
  const suffix = hostOf(pattern.replace(/^\*?\./, ''));
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

/** As names and addresses are compared: without brackets or a root's dot, ASCII, lower case. */
function hostOf(hostname: string): string {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return isIP(bare) === 0 ? domainToASCII(bare) : bare;
}

/** A network that cannot be (`10.0.0.0/40`) is an empty one. */
function listOf(network: string, family: number, prefix: string | undefined): BlockList {
  const list = new BlockList();
  const bits = family === 6 ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (length <= bits) list.addSubnet(network, length, family === 6 ? 'ipv6' : 'ipv4');
  return list;
}

function contains(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
