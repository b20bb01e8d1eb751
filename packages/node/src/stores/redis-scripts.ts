import { createHash } from 'node:crypto';

export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

// Each script touches its one key alone: that is all that Redis Cluster asks for.
const script = (lua: string): RedisScript => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });

/**
 * A document is its version, a space and its JSON; anything else that is there counts as version 1. Publishes first: whoever may not publish has then written nothing, and
 * nobody hears it before the script has ended.
 * ARGV: expected version, new document, channel, message.
 */
export const COMPARE_AND_SET = script(`
local current = redis.call('get', KEYS[1])
local version = '0'
if current then version = string.match(current, '^(%d+) ') or '1' end
if version ~= ARGV[1] then return 0 end
redis.call('publish', ARGV[3], ARGV[4])
redis.call('set', KEYS[1], ARGV[2])
return 1
`);

/**
 * One field for each instance: the sequence, a space and the counters as JSON.
 * ARGV: instance, sequence, counters, milliseconds until the key expires.
 */
export const MERGE_COUNTERS = script(`
local kept = redis.call('hget', KEYS[1], ARGV[1])
if kept and (tonumber(string.match(kept, '^%S+')) or -1) >= tonumber(ARGV[2]) then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
redis.call('pexpire', KEYS[1], ARGV[4])
return 1
`);

/** Bits of a Bloom filter: 2 MiB. */
const CLAIM_BITS = 2 ** 24;

/**
 * A Bloom filter with 7 probes by double hashing (Kirsch and Mitzenmacher, Less Hashing, Same Performance, 2006). One BITFIELD
 * sets the bits of a member and tells which were set before.
 * ARGV: two 32-bit hashes for each member, the second odd, big-endian; milliseconds until the key expires.
 * Answers '1' for each member that is new, else '0', in one string.
 */
export const CLAIM = script(`
local new = {}
for member = 1, #ARGV[1] / 8 do
  local hash, step = struct.unpack('>I4I4', ARGV[1], member * 8 - 7)
  local probes = {}
  for probe = 0, 6 do
    local at = probe * 4
    probes[at + 1] = 'SET'
    probes[at + 2] = 'u1'
    probes[at + 3] = (hash + probe * step) % ${CLAIM_BITS}
    probes[at + 4] = 1
  end
  new[member] = '0'
  for _, bit in ipairs(redis.call('bitfield', KEYS[1], unpack(probes))) do
    if bit == 0 then new[member] = '1' end
  end
end
redis.call('pexpire', KEYS[1], ARGV[2])
return table.concat(new)
`);
