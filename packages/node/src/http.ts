export { http, type HttpOptions } from './sinks/http.ts';
