import type { Observer, Shared } from './property.js';

/** Whether a monitor, a lookout or an observer is told of observations of a type. */
export function isToldOf({ observe, watches }: Partial<Observer>, type: string): boolean {
  return observe !== undefined && (watches === undefined || watches.includes(type));
}

/** The observers that the properties of one run have asked for, in the order of asking. */
export class SharedObservers implements Shared {
  private readonly observers = new Map<new () => Observer, Observer>();
  private readonly byType = new Map<string, readonly Observer[]>();

  the<T extends Observer>(observer: new () => T): T {
    let made = this.observers.get(observer) as T | undefined;
    if (made === undefined) {
      made = new observer();
      this.observers.set(observer, made);
      this.byType.clear();
    }
    return made;
  }

  toldOf(type: string): readonly Observer[] {
    let told = this.byType.get(type);
    if (told === undefined) {
      told = [...this.observers.values()].filter((observer) => isToldOf(observer, type));
      this.byType.set(type, told);
    }
    return told;
  }
}
