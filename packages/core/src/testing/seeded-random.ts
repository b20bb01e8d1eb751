export { seededRandom } from '../statistics/seeded-random.ts';
