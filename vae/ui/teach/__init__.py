"""The page Class, for the teacher."""
