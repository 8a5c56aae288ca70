"""Invented captions: every script and sign that tends to break pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktok_organic.simulator.dice import Dice

CAPTIONS = (
    "Sourdough at 5 a.m. 🥖 the crust says it all #bakery #fyp",
    'She said "one more croissant" and meant six',
    "Behind the counter, day 12:\nflour everywhere\nno regrets",
    "Brezeln, frisch aus dem Ofen – schöne Grüße aus München 🥨",
    "Pâte feuilletée : 27 couches, zéro stress. À goûter !",
    "خبز طازج كل صباح 🍞 #مخبز",
    "לחם טרי מהתנור ✨",
    "朝5時、最初のパンが焼けました🍞 #パン屋",
    "新鲜出炉的面包，你想要哪一个？",
    "갓 구운 빵 냄새 🥐",
    "POV: you are the last cinnamon roll 👨‍👩‍👧‍👦",
    "It's 50% butter; 50% patience, and 100% \\o/ (no tabs\there)",
    "<b>Not</b> HTML & not SQL'; DROP TABLE cakes; --",
    "Zażółć gęślą jaźń – mak, miód i orzechy",
    "Свежий хлеб каждое утро 🌾",
    "",
    "Replying to @crumb.lover yes, we ship! 📦",
    "à la carte: café, thé, et un éclair ⚡",
    "Three ingredients. No secrets. #sourdough #learnontiktok",
    "“Curly quotes”, ‘single ones’ — and a dash",
    "ขนมปังอุ่นๆ ตอนเช้า ☕️",
    "Win a cake 🎂 🇩🇪🇫🇷🇦🇹 comment your favourite below",
    "Why our ovens sing 🎶 (sound on)",
    "Frage: Butter oder Marmelade zuerst? 🤔",
)


def caption(dice: Dice) -> str:
    """One caption; two in five end with a number of a series, so that texts seldom repeat."""
    text = CAPTIONS[dice.whole(0) % len(CAPTIONS)]
    if text and dice.fraction(1) < 0.4:
        text = f"{text} · pt. {1 + dice.whole(2) % 90}"
    return text
