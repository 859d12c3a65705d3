declare const __VERSION__: string | undefined;

/** The version of package.json, stamped in by the build; `dev` where the sources run as they are. */
export const version: string = typeof __VERSION__ === 'string' ? __VERSION__ : 'dev';
