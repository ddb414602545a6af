import { describe, expect, it } from 'vitest';
import { dropNews, hasNews, newDissemination, queueNews, takeNews } from './dissemination.js';

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
    expect(hasNews(news)).toBe(false);
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
});
