// A TCP proxy whose answers come 15 ms later: node delay.mjs PORT TARGET_PORT
import { connect, createServer } from 'node:net';

const LATENCY_MS = 15;
const [port, target] = process.argv.slice(2).map(Number);

createServer((client) => {
  const server = connect(target, '127.0.0.1');
  const later = (work) => setTimeout(() => work(), LATENCY_MS);
  client.setNoDelay(true);
  client.pipe(server);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
  server.on('data', (chunk) => later(() => client.write(chunk)));
  server.on('close', () => later(() => client.end()));
}).listen(port, '127.0.0.1');
