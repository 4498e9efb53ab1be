import { execFileSync } from 'node:child_process';

/** The tests run the built program: it is built once, from what is in the tree now. */
export default function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
