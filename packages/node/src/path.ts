const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/

/** Where in a value something is: `$`, `$.items[3]`, `$["a b"]`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '$'
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (typeof step === 'symbol') text += `[${String(step)}]`
    else text += PLAIN_NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  }
  return text
}
