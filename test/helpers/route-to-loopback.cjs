'use strict';
// Loaded into the program by tests: what is for ROUTED_HOST goes to ROUTED_PORT on loopback, whoever answers there, and
// TLS to any other host is refused. So a test can see what would have been sent to a real service.
const tls = require('node:tls');

const { connect } = tls;
tls.connect = (options, ...rest) => {
  if (options.host !== process.env.ROUTED_HOST) throw new Error(`a test would have left for ${options.host}`);
  const here = { ...options, host: '127.0.0.1', port: process.env.ROUTED_PORT, rejectUnauthorized: false };
  return connect(here, ...rest);
};
