// Published manifests name no sources: the source condition and the development fields stay in the workspace.
export const hooks = {
  beforePacking(manifest) {
    const { scripts: _scripts, devDependencies: _devDependencies, ...published } = manifest;
    for (const target of Object.values(published.exports ?? {})) {
      if (typeof target === 'object') delete target['@understudy/source'];
    }
    return published;
  },
};
