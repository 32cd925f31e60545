// What DATABASE_URL names, and how people may read it: the password of a database is never printed.

/** The path of a SQLite file; undefined for an address of another kind. A path alone is one. */
export const toSqlitePath = (address: string): string | undefined => {
  if (address.startsWith('sqlite:')) return address.slice('sqlite:'.length);
  return /^(memory:|postgres(ql)?:\/\/)/.test(address) ? undefined : address;
};

/** The address without its password. What is no valid address is masked as far as it could have one. */
export const maskAddress = (address: string): string =>
  /^(sqlite|memory):/.test(address)
    ? address
    : address
        .replace(/^((?:[\w+.-]+:\/\/)?[^:@/?#]*):.*@/s, '$1:***@')
        .replace(/([?&](?:ssl)?password=)[^&#]*/gi, '$1***');
