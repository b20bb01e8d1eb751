export type { RedisClient, RedisConnectionOptions, RedisLibrary } from './stores/redis-connection.ts';
export { redisStore, type RedisStoreOptions } from './stores/redis.ts';
