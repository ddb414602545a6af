import { describe, expect, it } from 'vitest';
import { countNews, dropNews, newDissemination, queueNews, takeNews } from './dissemination.js';

describe('dissemination', () => {
  it('sends each piece as often as the limit says', () => {
    const news = newDissemination<string>();
    queueNews(news, 'a', 'a1');
    expect([takeNews(news, 5, 3), takeNews(news, 5, 3), takeNews(news, 5, 3), takeNews(news, 5, 3)]).toEqual([
      ['a1'],
      ['a1'],
      ['a1'],
      [],
    ]);
    expect(countNews(news)).toBe(0);
  });

  it('prefers what was sent least often', () => {
    const news = newDissemination<string>();
    queueNews(news, 'a', 'a1');
    queueNews(news, 'b', 'b1');
    expect(takeNews(news, 1, 9)).toEqual(['a1']);
    expect(takeNews(news, 1, 9)).toEqual(['b1']);
    queueNews(news, 'c', 'c1');
    expect(takeNews(news, 1, 9)).toEqual(['c1']);
  });

  it('replaces older news about the same subject and sends it from the beginning', () => {
    const news = newDissemination<string>();
    queueNews(news, 'a', 'a1');
    takeNews(news, 1, 2);
    queueNews(news, 'a', 'a2');
    expect([takeNews(news, 1, 2), takeNews(news, 1, 2), takeNews(news, 1, 2)]).toEqual([['a2'], ['a2'], []]);
  });

  it('never takes the same piece twice for one message', () => {
    const news = newDissemination<string>();
    queueNews(news, 'a', 'a1');
    expect(takeNews(news, 10, 10)).toEqual(['a1']);
    dropNews(news, 'a');
    expect(takeNews(news, 10, 10)).toEqual([]);
  });

  it('keeps no more places than about twice the news, however often the news changes', () => {
    const news = newDissemination<number>();
    for (let n = 0; n < 10_000; n++) queueNews(news, `subject-${n % 7}`, n);
    for (let n = 0; n < 10_000; n++) {
      queueNews(news, `subject-${n % 7}`, n);
      takeNews(news, 3, 5);
    }
    for (const { pieces } of news.rounds) expect(pieces.length).toBeLessThanOrEqual(64 + 2 * 7 + 1);
    expect(countNews(news)).toBe(7);
  });
});
