/**
 * What the program uses of undici, for its bundle: the whole package loads fetch, WebSocket, caches and mocks, and Node's
 * own fetch with them, which takes longer than all the rest of a first request.
 */
'use strict';

const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Dispatcher.prototype.request = require('undici/lib/api/api-request.js');

exports.Agent = require('undici/lib/dispatcher/agent.js');
exports.buildConnector = require('undici/lib/core/connect.js');
