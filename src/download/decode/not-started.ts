import { TryAgainError } from '../../errors.ts';

/** A thread could not start, for want of memory or of open files: it has touched nothing. */
export class NotStartedError extends TryAgainError {}
