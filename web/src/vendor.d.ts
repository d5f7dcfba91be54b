// The package has its words for each language as scripts without types.
declare module "cronstrue/locales/zh_CN";
