import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * When a process was started, as a text that no other process of the same number has, and none from before the last start of
 * the machine; `undefined` where the system does not say. The wall clock has no part in it on Linux: it may be set meanwhile.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return await linuxStart(pid);
    if (process.platform === 'win32') return undefined;
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout.trim() || undefined;
  } catch {
    // There is no such process, or nothing that tells of it.
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat (proc_pid_stat(5)): clock ticks after the boot. The second field, a name, may hold anything. */
async function linuxStart(pid: number): Promise<string | undefined> {
  const [boot, stat] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[3 - 3], fields[22 - 3]];
  // One that has ended, and that its parent has not asked for yet, writes no more.
  if (state === 'Z' || state === 'X') return 'ended';
  return ticks === undefined ? undefined : `${boot.trim()}/${ticks}`;
}
