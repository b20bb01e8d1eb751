import { launch, site } from './tests/page/browsers.ts';
const b = await launch('chromium');
const s = await site(
  b,
  `globalThis.app=[];const t0=performance.now();let last=t0;setInterval(()=>{const n=performance.now();if(n-last>1500)app.push(['gap',n-last,document.visibilityState]);last=n;},200);
for(const e of ['freeze','resume','visibilitychange'])document.addEventListener(e,()=>app.push([e,performance.now()-t0,document.visibilityState]));`,
  () => {},
);
const p = await s.page();
const d = await p.createCDPSession();
await d.send('Page.setWebLifecycleState', { state: 'frozen' });
await new Promise((r) => setTimeout(r, 13000));
await d.send('Page.setWebLifecycleState', { state: 'active' });
await new Promise((r) => setTimeout(r, 500));
console.log(JSON.stringify(await p.evaluate('app')));
await b.close();
