"""TFX components of this project, one package each; their logic imports neither tfx nor apache_beam."""
