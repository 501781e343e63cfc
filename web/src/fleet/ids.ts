// Lists of ids as short texts: d1, d2, d3, d7 is "d1-3,d7".

export function foldIds(ids: readonly string[]): string {
  const parts: string[] = [];
  const numbered = ids.map((id) => {
    const m = /^(.*?)(\d+)$/.exec(id);
    return m ? { prefix: m[1] ?? "", n: Number(m[2]), id } : { prefix: id, n: Number.NaN, id };
  });
  numbered.sort((a, b) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : a.n - b.n));
  for (let i = 0; i < numbered.length; ) {
    const first = numbered[i];
    if (!first) break;
    let j = i;
    // A number written with leading zeros can't be folded: "d007" is not "d7".
    const plain = first.id === `${first.prefix}${first.n}`;
    for (;;) {
      const [a, b] = [numbered[j], numbered[j + 1]];
      if (!plain || !a || !b || b.prefix !== first.prefix || b.n !== a.n + 1 || b.id !== `${b.prefix}${b.n}`)
        break;
      j++;
    }
    const last = numbered[j];
    parts.push(j > i && last ? `${first.id}-${last.n}` : first.id);
    i = j + 1;
  }
  return parts.join(",");
}

export function unfoldIds(text: string, most = 10_000): string[] {
  const ids: string[] = [];
  for (const part of text.split(",")) {
    if (part === "") continue;
    const range = /^(.*?)(\d+)-(\d+)$/.exec(part);
    if (!range) {
      ids.push(part);
      continue;
    }
    const [from, to] = [Number(range[2]), Number(range[3])];
    for (let n = from; n <= to && ids.length < most; n++) ids.push(`${range[1]}${n}`);
  }
  return ids.slice(0, most);
}
