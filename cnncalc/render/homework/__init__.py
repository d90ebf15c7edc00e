"""Marked sheets, class lists, feedback and quizzes as they are shown."""
