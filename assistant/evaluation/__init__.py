"""Question sets -> runs -> scores, figures, a report and a gate: how good the answers are, and when they got worse.

`questions` reads sets, `runs` asks them, `metrics` holds the measures, `scores` applies them to one result, `figures` sums them
up over groups with the intervals of `bootstrap`, `report` and `plots` draw a page, `gate` compares with a baseline, `drafts`
proposes new questions, `command` is `assistant eval`.
"""
