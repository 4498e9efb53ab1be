import type { Account } from '../account.ts';
import type { Profile } from '../profiles/schema.ts';
import { ask } from './ask.ts';
import type { ApiClient } from './client.ts';
import { describeRequest } from './transport/http.ts';
import type { Turn } from './quota.ts';

/**
 * Sends a profile's harmless request, once, and resolves with what was asked: the credential is accepted. Rejects with
 * DeniedError where it is not, else with the error that the answer stands for.
 */
export async function checkCredential(
  { profile, variables }: Account,
  { request, accept }: NonNullable<Profile['check']>,
  client: ApiClient,
  turn: Turn,
): Promise<string> {
  const { url } = await ask(profile, request, { vars: variables }, accept, client, turn);
  return describeRequest(request.method, url);
}
