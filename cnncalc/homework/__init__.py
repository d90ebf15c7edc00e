"""Homework: answer sheets read and marked, the slip named; whole classes; quizzes."""
