import type { Context } from '../context.ts';
import { ExitCode, UsageError } from '../errors.ts';
import { packageFile } from '../package-file.ts';

/** `exportpoll providers new NAME`: prints a profile with comments to start from. */
export function newProfile(context: Context, name: string): ExitCode {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new UsageError(`"${name}" cannot be the name of a profile`, {
      hint: 'lower-case letters, digits and dashes, as in acme-orders',
    });
  }
  // As a URL: the comment that editors read ends at a space.
  const schema = packageFile('schema/profile.schema.json').href;
  const docs = packageFile('docs/profiles.md').href;
  context.stdout.stream.write(
    SCAFFOLD.replaceAll('NAME', name)
      .replace('SCHEMA', () => schema)
      .replace('DOCS', () => docs),
  );
  return ExitCode.ok;
}

const SCAFFOLD = `# yaml-language-server: $schema=SCHEMA
# What every field means: DOCS
# Check it, without an account, with
#   exportpoll providers check NAME.profile.yaml --sample answer.json
profile: 1
name: NAME
title: exports of NAME
# docs: https://… the vendor's page

# What an account has to give: providers.NAME.token in the configuration, or EXPORTPOLL_… in the environment.
variables:
  baseUrl: { description: API root, default: 'https://api.example.com' }
  token: { description: access token, secret: true }

# What a TARGET looks like. Named groups become variables: (?<project>\\w+)/(?<job>\\d+)
id:
  description: the id of the job
  pattern: '[\\w-]+'
  example: job-17

# The first whose variables are all set: header, bearer, basic, query, cookie, oauth-password, oauth-client, none.
auth:
  - { scheme: bearer, token: token }

# How the export is doing. Expressions are JMESPath over status, headers and body.
status:
  request:
    url: '{+baseUrl}/jobs/{id}'
  state: body.status
  # queued, running, ready, ready-with-errors, empty, failed, cancelled, gone
  states:
    pending: queued
    working: running
    done: ready
    failed: failed
  # percent: body.progress
  # message: body.error

# Where the links are, once it is ready. auth: api sends the credentials along to the origins that may have them.
files:
  - each: body.files
    url: item.url
    # name: item.name
    # expires: item.expires_at
    # size: item.bytes

# errors:
#   message: body.message
# How an export is asked for: exportpoll start
# start:
#   parameters: { from: { description: first day, required: true } }
#   request: { method: POST, url: '{+baseUrl}/jobs', json: params }
#   id: body.id
poll:
  interval: 5s
  maxInterval: 2m
`;
