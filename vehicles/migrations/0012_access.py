from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0011_movement")]
    operations = []
